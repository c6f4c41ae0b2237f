/** As `inbox_message.interface` names what comes in here, beside `submissionInterface` and `councilInterface`. */
export const adwInterface = 'social-care-adw'
export const prsbInterface = 'social-care-prsb'
