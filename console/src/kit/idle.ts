/** How long nobody has touched this screen: its automatic reads must not keep a session alive. */
let touched = Date.now()

for (const event of ['keydown', 'pointerdown', 'pointermove', 'wheel'])
  window.addEventListener(event, () => (touched = Date.now()), { capture: true, passive: true })

/** Return whole seconds since the last touch. */
export function idleSeconds(): number {
  return Math.floor((Date.now() - touched) / 1_000)
}
