/** Keyboard shortcuts, registered in one place so that `?` can list those that work on the screen. */
import { onScopeDispose, shallowReactive } from 'vue'

export interface Shortcut {
  /** As KeyboardEvent.key has it, with modifiers before it: `?`, `F2`, `Ctrl+k`, `Alt+1`. */
  key: string
  /** The key of the message that says what it does. */
  label: string
  run: (event: KeyboardEvent) => void
}

export const shortcuts = shallowReactive(new Set<Shortcut>())

/** Register shortcuts for as long as the component lives. */
export function useKeys(...mine: Shortcut[]): void {
  for (const shortcut of mine) shortcuts.add(shortcut)
  onScopeDispose(() => mine.forEach((shortcut) => shortcuts.delete(shortcut)))
}

/** Return an event's key as shortcuts name it. */
export function nameOf(event: KeyboardEvent): string {
  const modifiers = [event.ctrlKey && 'Ctrl', event.altKey && 'Alt', event.metaKey && 'Meta'].filter(Boolean)
  return [...modifiers, event.key.length === 1 ? event.key.toLowerCase() : event.key].join('+')
}

const TYPED_INTO =
  'input:not([type=checkbox]):not([type=radio]):not([type=button]), textarea, select, [contenteditable]'

window.addEventListener('keydown', (event) => {
  if (event.isComposing || event.defaultPrevented || document.querySelector('dialog[open]')) return
  const plain = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey
  if (plain && (event.target as Element).matches?.(TYPED_INTO)) return
  const name = nameOf(event)
  // The newest comes first: a window opened over a screen takes over its keys.
  const shortcut = [...shortcuts].reverse().find((known) => known.key.toLowerCase() === name.toLowerCase())
  if (!shortcut) return
  event.preventDefault()
  shortcut.run(event)
})
