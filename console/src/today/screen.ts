import type { Screen } from '../screens'

export default {
  path: '/today',
  title: { 'zh-CN': '今日', en: 'Today' },
  roles: ['manager', 'supervisor'],
  load: () => import('./Today.vue'),
} satisfies Screen
