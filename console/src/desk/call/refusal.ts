/** Says why the last key did nothing, also to screen readers; the next key clears it. */
import { nextTick, ref } from 'vue'

export const refusal = ref('')

/** Say why, even if the same was said just before. */
export function refuse(why: string): void {
  refusal.value = ''
  void nextTick(() => (refusal.value = why))
}
