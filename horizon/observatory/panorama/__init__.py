"""The panorama (panorama de l'ESS) of any territory, computed from the marts in a few scans."""

from horizon.observatory.panorama.compute import panorama

__all__ = ["panorama"]
