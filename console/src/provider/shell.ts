/** Caches this page's files on the phone, so that it opens without a network; public/sw.js serves them. */
const CACHE = 'provider'
const PAGE = '/provider'

/** Cache the files loaded so far and delete those of older versions. Does nothing without https. */
export async function keepShell(): Promise<void> {
  if (!('serviceWorker' in navigator) || !('caches' in window)) return
  await navigator.serviceWorker.register('/sw.js')
  const loaded = performance.getEntriesByType('resource').map(({ name }) => new URL(name))
  const files = loaded.filter(
    ({ origin, pathname }) => origin === location.origin && /^\/(assets\/|icon)/.test(pathname),
  )
  const wanted = [PAGE, ...new Set(files.map(({ pathname }) => pathname))]
  const cache = await caches.open(CACHE)
  await cache.addAll(wanted)
  for (const request of await cache.keys())
    if (!wanted.includes(new URL(request.url).pathname)) await cache.delete(request)
}
