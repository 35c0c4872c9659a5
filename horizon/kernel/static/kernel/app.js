// Everything works without it. With it: "/" goes to the search field, and choosing a filter applies it at once.
addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return
  if (event.target.closest('input, textarea, select')) return
  const field = document.querySelector('main [type=search]')
  if (field) { field.focus(); event.preventDefault() }
})
