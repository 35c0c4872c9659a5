// Shows what needs JavaScript, and says when a key could not be read: allauth's scripts do the rest.
const problem = document.getElementById('passkey-problem')
if (window.PublicKeyCredential) document.querySelectorAll('[data-passkey]').forEach(one => { one.hidden = false })
document.addEventListener('allauth.error', event => {
  event.preventDefault()
  if (!problem) return
  problem.hidden = false
  problem.setAttribute('tabindex', '-1')
  problem.focus()
})
