using System.Globalization;
using Kedge.Api.Resources;
using Kedge.Cli.Kinds;
using Kedge.Cli.Output;
using Kedge.Cli.Running;

namespace Kedge.Cli.Commands;

/// <summary>Everything about a site, for people.</summary>
internal static class SiteDescription
{
    public static async Task PrintAsync(Session session, string name, CancellationToken ct)
    {
        SiteResource site = await session.Client.GetSiteAsync(name, ct).ConfigureAwait(false);
        FieldBlock block = new FieldBlock()
            .Add("Name", site.Name)
            .AddIf("Labels", ResourceObject.Text(site.Labels))
            .Add("Devices", Count(site.Devices))
            .Add("Limit", SiteKind.Rate(site.Limit))
            .Add("Per device", SiteKind.Rate(site.PerDevice))
            .Add("Time zone", site.TimeZone);
        foreach (string window in site.Windows)
        {
            block.Add("Window", window);
        }

        if (site.LimitNow is long now)
        {
            block.Add("Limit now", SiteKind.Rate(now))
                .Add("Sending to", $"{Count(site.Sending)} devices")
                .Add("Sent", Ages.Bytes(site.SentBytes ?? 0))
                .Add("Waited", (site.WaitedSeconds ?? 0).ToString("0.0", CultureInfo.InvariantCulture) + " s");
        }

        session.Print.Raw(block.ToString());
    }

    private static string Count(int? count) => (count ?? 0).ToString(CultureInfo.InvariantCulture);
}
