/** Light or dark: as the device is set, until the user chooses otherwise here. */
import { computed, ref, watchEffect } from 'vue'

export type Theme = 'light' | 'dark'

const KEPT = 'hotline.theme'
const device = matchMedia('(prefers-color-scheme: dark)')
const deviceIs = ref<Theme>(device.matches ? 'dark' : 'light')
device.addEventListener('change', ({ matches }) => (deviceIs.value = matches ? 'dark' : 'light'))

const kept = localStorage.getItem(KEPT)
const chosen = ref<Theme | null>(kept === 'light' || kept === 'dark' ? kept : null)

/** The current theme. */
export const theme = computed<Theme>(() => chosen.value ?? deviceIs.value)

/** Switch to the other theme. Choosing the device's theme makes the screen follow the device again. */
export function switchTheme(): void {
  const other = theme.value === 'dark' ? 'light' : 'dark'
  chosen.value = other === deviceIs.value ? null : other
  if (chosen.value) localStorage.setItem(KEPT, chosen.value)
  else localStorage.removeItem(KEPT)
}

watchEffect(() => (document.documentElement.dataset.theme = theme.value))
