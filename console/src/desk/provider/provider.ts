/** The provider whose card is open over the desk. */
import { ref } from 'vue'

export const providerOpen = ref('')

export function openProvider(id: string): void {
  providerOpen.value = id
}
