using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Measure;
using Kedge.Core.Sites;

namespace Kedge.ControlPlane.Content.Pace;

/// <summary>
/// How fast content may go, site by site. What this server sends is paced; other replicas pace what they send.
/// </summary>
internal sealed class ContentPace(TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<string, SitePace> _sites =
        ImmutableSortedDictionary.Create<string, SitePace>(StringComparer.Ordinal);

    /// <summary>These sites there are: what is new counts at once, also for answers that are under way.</summary>
    public void Set(IReadOnlyCollection<SiteSpec> specs)
    {
        lock (_lock)
        {
            ImmutableSortedDictionary<string, SitePace> before = _sites;
            ImmutableSortedDictionary<string, SitePace>.Builder sites = before.ToBuilder();
            HashSet<string> named = specs.Select(static s => s.Name).ToHashSet(StringComparer.Ordinal);
            sites.RemoveRange(before.Keys.Where(name => !named.Contains(name)));
            foreach (SiteSpec spec in specs)
            {
                if (before.TryGetValue(spec.Name, out SitePace? pace))
                {
                    pace.Change(spec);
                }
                else
                {
                    sites[spec.Name] = new SitePace(spec, time);
                }
            }

            Volatile.Write(ref _sites, sites.ToImmutable());
            foreach ((_, SitePace gone) in before.Where(site => !named.Contains(site.Key)))
            {
                gone.Dispose();
            }
        }
    }

    /// <summary>How the line of a site is paced; null for a site without a spec.</summary>
    public SitePace? Of(string site) => Volatile.Read(ref _sites).GetValueOrDefault(site);

    /// <summary>An answer to a device of a site begins; null when the line has too many already.</summary>
    /// <param name="site">The site; empty for none.</param>
    /// <param name="device">The device.</param>
    /// <param name="ends">Ends the answer where it is.</param>
    public PaceTurn? Enter(string site, DeviceId device, CancellationToken ends)
    {
        SitePace? pace = Of(site);
        return pace is null || pace.TryEnter(device) ? new PaceTurn(this, site, device, pace, ends) : null;
    }

    /// <summary>Writes the counters, for sites with a spec.</summary>
    public void Write(PrometheusText text)
    {
        ImmutableSortedDictionary<string, SitePace> sites = Volatile.Read(ref _sites);
        text.Begin(Instruments.SiteBytes);
        foreach ((string name, SitePace pace) in sites)
        {
            text.Sample(pace.Report.Bytes, name);
        }

        text.Begin(Instruments.SiteWaitSeconds);
        foreach ((string name, SitePace pace) in sites)
        {
            text.Sample(pace.Report.Waited.TotalSeconds, name);
        }
    }

    /// <summary>Nothing is paced any longer.</summary>
    public void Dispose() => Set([]);
}
