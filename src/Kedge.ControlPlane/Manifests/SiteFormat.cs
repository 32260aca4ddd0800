using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Kedge.Core.Manifests;
using Kedge.Core.Sites;

namespace Kedge.ControlPlane.Manifests;

/// <summary>How the store keeps a site: its manifest in the one canonical form.</summary>
public static class SiteFormat
{
    /// <summary>JSON, always the same for the same site.</summary>
    public static string Write(SiteSpec site) => ManifestJson.Write(ManifestWriter.Write(site));

    /// <summary>Reads what <see cref="Write"/> wrote; false when it is anything else.</summary>
    public static bool TryRead(string text, [NotNullWhen(true)] out SiteSpec? site)
    {
        site = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                text, new JsonDocumentOptions { MaxDepth = ManifestLimits.DepthMax });
            if (ManifestReader.Read([ManifestJson.Read(document.RootElement)]) is ManifestOutcome.Valid
                {
                    Set: { Count: 1, Sites: [var read] },
                })
            {
                site = read.Spec;
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A row that holds anything else is unreadable: the caller says so.
            return false;
        }

        return site is not null;
    }
}
