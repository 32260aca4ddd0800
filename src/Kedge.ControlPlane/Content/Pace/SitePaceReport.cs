using Kedge.Core.Sites;

namespace Kedge.ControlPlane.Content.Pace;

/// <summary>How the line of a site stands, as far as this server uses it.</summary>
/// <param name="Bytes">Content that went to it while it had a spec, since the server started.</param>
/// <param name="Waited">How long pieces waited for their turn, all together.</param>
/// <param name="Devices">Devices that are sent to now.</param>
/// <param name="Rates">What holds now.</param>
internal sealed record SitePaceReport(long Bytes, TimeSpan Waited, int Devices, PaceRates Rates);
