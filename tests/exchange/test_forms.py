"""Numbers as people write and read them."""

from decimal import Decimal

import pytest

from horizon.exchange.forms import AgreeForm, amount


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("40", "40"),
        ("40.00", "40"),
        ("1200", "1200"),
        ("2.50", "2,5"),
        ("0.05", "0,05"),
        ("1000000.00", "1000000"),
    ],
)
def test_a_number_is_shown_as_it_is_written(value, shown):
    assert amount("Combien").prepare_value(Decimal(value)) == shown
    form = AgreeForm(organizations=True, initial={"quantity": Decimal(value)})
    assert f'value="{shown}"' in str(form["quantity"])
    assert amount("Combien").to_python(shown) == Decimal(value)


def test_what_was_typed_comes_back_as_it_was():
    form = AgreeForm(organizations=False, data={"quantity": "1 200,50 env."})
    assert not form.is_valid() and 'value="1 200,50 env."' in str(form["quantity"])
