using System.Collections.Immutable;
using Kedge.Core;
using Kedge.Core.Deployments;
using Kedge.Core.Device;
using Kedge.Core.Manifests;

namespace Kedge.Agent.Commands;

/// <summary>How fast this device may fetch, as <c>agent.json</c> says it.</summary>
internal sealed record BandwidthConfig
{
    /// <summary>Bytes per second outside all windows, as <c>1Mi</c>; empty for no limit.</summary>
    public string Default { get; set; } = "";

    /// <summary>Other limits at times of the week.</summary>
    public BandwidthWindowConfig[] Windows { get; set; } = [];

    /// <summary>The rule, or what is wrong with it.</summary>
    internal BandwidthRule Rule(List<string> wrong)
    {
        ImmutableArray<BandwidthWindow>.Builder windows = ImmutableArray.CreateBuilder<BandwidthWindow>();
        if (Windows.Length > MaintenanceWindow.CountMax)
        {
            wrong.Add($"bandwidth.windows has at most {MaintenanceWindow.CountMax} entries");
        }

        for (int index = 0; index < Math.Min(Windows.Length, MaintenanceWindow.CountMax); index++)
        {
            if (Windows[index]?.Window($"bandwidth.windows[{index}]", wrong) is { } window)
            {
                windows.Add(window);
            }
        }

        return new BandwidthRule(Limit(Default, "bandwidth.default", wrong), windows.ToImmutable());
    }

    /// <summary>Bytes per second; 0 for an empty text.</summary>
    internal static long Limit(string? text, string field, List<string> wrong)
    {
        if (string.IsNullOrEmpty(text))
        {
            return 0;
        }

        if (Quantity.TryParseBytes(text, out long bytes) && bytes >= Limits.FetchBytesPerSecondMin)
        {
            return bytes;
        }

        wrong.Add($"{field} must be {Limits.FetchBytesPerSecondMin} bytes per second or more, as \"1Mi\"");
        return 0;
    }
}
