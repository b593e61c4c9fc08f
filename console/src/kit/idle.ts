/** For how long nobody has touched this screen: what it reads by itself must not keep a session alive. */
let touched = Date.now()

for (const event of ['keydown', 'pointerdown', 'pointermove', 'wheel'])
  window.addEventListener(event, () => (touched = Date.now()), { capture: true, passive: true })

/** Whole seconds since the last touch. */
export function idleSeconds(): number {
  return Math.floor((Date.now() - touched) / 1_000)
}
