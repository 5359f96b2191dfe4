/** The page's style sheets, in order. */
import './theme.css';
import './base.css';
import './controls.css';
import './invitations.css';
import './names.css';
import './avatars.css';
import './shell.css';
import './tablo-list.css';
import './conversation.css';
import './message.css';
import './message-parts.css';
import './composer.css';
import './dialog.css';
import './settings.css';
import './search.css';
