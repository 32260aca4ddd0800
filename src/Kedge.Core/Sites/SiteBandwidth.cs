using Kedge.Core.Device;

namespace Kedge.Core.Sites;

/// <summary>
/// How fast content may go over the line of a site, for all its devices together and for each. Never compared.
/// </summary>
/// <param name="Line">What all devices together may take, by the local time of the site.</param>
/// <param name="PerDevice">What each device may take, in bytes per second, 0 for no limit, else
/// <see cref="Limits.FetchBytesPerSecondMin"/> or more.</param>
/// <param name="TimeZone">Whose clock the windows go by: <c>UTC</c>, a distance as <c>+01:00</c>, or the name of a zone
/// as <c>Europe/Paris</c>, which whoever asks looks up.</param>
public sealed record SiteBandwidth(BandwidthRule Line, long PerDevice, string TimeZone)
{
    /// <summary>The zone when nothing is said.</summary>
    public const string Utc = "UTC";

    /// <summary>No limit at any time.</summary>
    public static readonly SiteBandwidth None = new(BandwidthRule.None, 0, Utc);

    /// <summary>The smallest limit of the line at any time, in bytes per second; 0 when there is none ever.</summary>
    public long Least => Line.Windows.Aggregate(
        Line.Default, static (least, window) => BandwidthRule.Least(least, window.BytesPerSecond));

    /// <summary>What all devices together may take at a time, in bytes per second; 0 for no limit.</summary>
    /// <param name="utc">The time.</param>
    /// <param name="offset">How far the zone of the site is from UTC then.</param>
    public long LimitAt(DateTime utc, TimeSpan offset) => Line.At(utc + offset);

    /// <summary>What may be taken at a time.</summary>
    /// <param name="utc">The time.</param>
    /// <param name="offset">How far the zone of the site is from UTC then.</param>
    public PaceRates RatesAt(DateTime utc, TimeSpan offset) => new(LimitAt(utc, offset), PerDevice);
}
