using System.Collections.Immutable;
using Kedge.Core.Deployments;

namespace Kedge.Core.Sites;

/// <summary>What is asked of one site: the devices whose label <c>site</c> has its name. Never compared.</summary>
public sealed record SiteSpec
{
    /// <summary>Its name, a DNS label: the value of its devices' label.</summary>
    public required string Name { get; init; }

    /// <summary>Labels of the site itself.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = LabelRules.None;

    /// <summary>How fast content may go to it.</summary>
    public SiteBandwidth Bandwidth { get; init; } = SiteBandwidth.None;
}
