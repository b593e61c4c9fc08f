import type { Screen } from '../screens'

export default {
  path: '/provider',
  title: { 'zh-CN': '接单', en: 'My work' },
  roles: ['provider', 'former_provider'],
  load: () => import('./Provider.vue'),
} satisfies Screen
