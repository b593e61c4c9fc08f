/* Lets the provider's page open without a network. It serves only the page's own files, cached by provider/shell.ts,
   and never an answer of the API: the page itself keeps its data and says how old they are. */
const PATIENCE_MS = 5_000

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))

self.addEventListener('fetch', (event) => {
  const { request } = event
  const { pathname } = new URL(request.url)
  if (request.mode === 'navigate' && (pathname === '/' || pathname === '/provider')) event.respondWith(page(request))
  else if (pathname.startsWith('/assets/') || pathname === '/icon.svg') event.respondWith(file(request))
})

/** Return the newest page, or the cached one if nobody answers in time. */
async function page(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  } catch (error) {
    const kept = await caches.match('/provider')
    if (kept) return kept
    throw error
  }
}

/** Return a file. Its name carries the hash of its content, so a cached one is the right one. */
async function file(request) {
  return (await caches.match(request.url)) ?? fetch(request)
}
