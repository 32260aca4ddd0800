using System.Text.Json;

namespace Kedge.Api.Resources;

/// <summary>A place whose devices share one line.</summary>
public sealed record SiteResource
{
    /// <summary>Its name: the value of its devices' label <c>site</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>Labels of the site itself.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>When it was changed last, Unix milliseconds.</summary>
    public long AppliedAtMs { get; init; }

    /// <summary>Bytes per second for all its devices outside all windows; 0 for no limit.</summary>
    public long Limit { get; init; }

    /// <summary>Bytes per second for each device; 0 for no limit.</summary>
    public long PerDevice { get; init; }

    /// <summary>Whose clock the windows go by.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>Times of the week with another limit, each as text.</summary>
    public IReadOnlyList<string> Windows { get; init; } = [];

    /// <summary>Devices with the site's label; told of one site only.</summary>
    public int? Devices { get; init; }

    /// <summary>Bytes per second that hold now, 0 for no limit; told of one site only.</summary>
    public long? LimitNow { get; init; }

    /// <summary>Devices that this server sends content to now; told of one site only.</summary>
    public int? Sending { get; init; }

    /// <summary>Content that this server sent to the site since it started; told of one site only.</summary>
    public long? SentBytes { get; init; }

    /// <summary>How long content waited for its turn, all devices together; told of one site only.</summary>
    public double? WaitedSeconds { get; init; }

    /// <summary>The manifest that can be applied again.</summary>
    public JsonElement? Manifest { get; init; }
}
