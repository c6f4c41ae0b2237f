export const councilRoot = (publicUrl: string, odsCode: string): string => `${publicUrl}/councils/${odsCode}`

export const councilTokenUrl = (publicUrl: string, odsCode: string): string =>
  `${councilRoot(publicUrl, odsCode)}/oauth2/token`
