const zh = {
  desk: {
    firmCredit: '信用分 {n}',
    firmTakes: '现在接单',
    firmPauses: '暂停接单',
    firmPause: '单位要暂停接单',
    firmResume: '单位恢复接单',
    firmJobs: '未完成 {n} 件',
    firmLedger: '信用分记录',
    firmLedgerNone: '没有记录。',
    firmSays: { reply: '单位的申辩（电话中说的）', appeal: '单位的申诉（电话中说的）' },
    firmNoShows: '求助人不在（扑空）',
    firmNoShowsNone: '没有扑空记录。',
    firmNoShowAgreed: '约定 {time}',
    firmMonths: '对账单',
    firmColumn: { month: '月份', completed: '完工', onTime: '准时', noShows: '求助人不在', turnover: '营业额' },
    firmStatement: '点月份打开对账单，可念给单位听或打印。',
  },
}

const en: typeof zh = {
  desk: {
    firmCredit: 'credit {n}',
    firmTakes: 'Taking work',
    firmPauses: 'Not taking work',
    firmPause: 'Pause offers',
    firmResume: 'Resume offers',
    firmJobs: 'Unfinished jobs: {n}',
    firmLedger: 'Credit record',
    firmLedgerNone: 'Nothing on record.',
    firmSays: { reply: 'Reply, as given by phone', appeal: 'Appeal, as given by phone' },
    firmNoShows: 'Citizen absent (visits in vain)',
    firmNoShowsNone: 'None on record.',
    firmNoShowAgreed: 'agreed for {time}',
    firmMonths: 'Statements',
    firmColumn: {
      month: 'Month',
      completed: 'Done',
      onTime: 'On time',
      noShows: 'Citizen absent',
      turnover: 'Turnover',
    },
    firmStatement: 'Open a month to read its statement out or print it.',
  },
}

export default { 'zh-CN': zh, en }
