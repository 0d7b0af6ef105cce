/** What each page of the guild's settings is given. */
export interface GuildPageProps {
  guildId: string;
}
