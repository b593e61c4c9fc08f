/** Why a key did nothing just now, for the eye and for the screen reader; the next key takes it away. */
import { nextTick, ref } from 'vue'

export const refusal = ref('')

/** Say it, also where the same was said before. */
export function refuse(why: string): void {
  refusal.value = ''
  void nextTick(() => (refusal.value = why))
}
