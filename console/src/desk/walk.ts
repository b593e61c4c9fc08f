/** Move the focus up or down in a list of requests. */
export function walk(event: KeyboardEvent, step: number): void {
  const lines = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.summary')]
  const here = lines.indexOf(event.target as HTMLElement)
  if (here < 0) return
  event.preventDefault()
  lines[here + step]?.focus()
}
