/** The provider whose card is open over the desk. */
import { ref } from 'vue'

export const firmOpen = ref('')

export function openFirm(id: string): void {
  firmOpen.value = id
}
