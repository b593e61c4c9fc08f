/** Counts what a call costs the operator: seconds and key presses from the ring to the answer. */

/** Return whether the event is a new press: a key held down is one press. Modifiers count as well. */
export function isPress(event: KeyboardEvent): boolean {
  return !event.repeat
}

export class Tally {
  presses = 0
  private rangAt = 0

  ring(at: number): void {
    this.rangAt = at
    this.presses = 0
  }

  hear(event: KeyboardEvent): void {
    if (isPress(event)) this.presses++
  }

  /** Return the cost, or null if the call did not ring here. */
  result(at: number): { seconds: number; presses: number } | null {
    return this.rangAt ? { seconds: (at - this.rangAt) / 1_000, presses: this.presses } : null
  }
}
