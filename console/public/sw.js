/* Lets the provider's page open where there is no network. It holds the page's own files alone, put there by
   provider/shell.ts, and never an answer of the API: what the page shows it says the age of by itself. */
const PATIENCE_MS = 5_000

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname } = new URL(request.url)
  if (request.mode === 'navigate' && (pathname === '/' || pathname === '/provider')) event.respondWith(page(request))
  else if (pathname.startsWith('/assets/') || pathname === '/icon.svg') event.respondWith(file(request))
})

/** The newest page, or the one kept where nobody answers in time. */
async function page(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    const kept = await caches.match('/provider')
    if (kept) return kept
    throw error
  }
}

/** Files have the hash of their content in their name: the one kept is the right one. */
async function file(request) {
  return (await caches.match(request.url)) ?? fetch(request)
}
