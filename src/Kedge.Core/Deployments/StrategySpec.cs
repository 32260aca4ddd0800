using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kedge.Core.Deployments;

/// <summary>How a change reaches the devices.</summary>
public enum StrategyKind
{
    /// <summary>Not a valid value.</summary>
    Unknown = 0,

    /// <summary>Every device at once.</summary>
    All = 1,

    /// <summary>A few devices first, then more, each wave judged before the next; taken back when it fails.</summary>
    Waves = 2,
}

/// <summary>A number of devices, or a share of those that are meant.</summary>
/// <param name="Value">Devices from 1, or percent 1..100.</param>
/// <param name="IsPercent">True for a share.</param>
public sealed record DeviceAmount(int Value, bool IsPercent)
{
    /// <summary>How many that is of a population; a share is rounded up.</summary>
    /// <param name="population">Devices that are meant, from 0.</param>
    public int Of(int population) =>
        IsPercent ? (int)((((long)population * Value) + 99) / 100) : Math.Min(Value, population);

    /// <summary>Reads <c>3</c> or <c>10%</c>: 1..9,999,999 devices or 1..100 percent.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out DeviceAmount? amount)
    {
        amount = null;
        bool isPercent = text.EndsWith('%');
        string number = isPercent ? text[..^1] : text;
        if (number.Length is 0 or > 7 || number[0] == '0' || !number.All(char.IsAsciiDigit))
        {
            return false;
        }

        int value = int.Parse(number, CultureInfo.InvariantCulture);
        amount = !isPercent || value <= 100 ? new DeviceAmount(value, isPercent) : null;
        return amount is not null;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Value}{(IsPercent ? "%" : "")}");
}

/// <summary>Who goes first.</summary>
/// <param name="Size">How many; null for all that the selector matches.</param>
/// <param name="Selector">Which of the deployment's devices may be canaries; empty for any.</param>
public sealed record CanarySpec(DeviceAmount? Size, LabelSelector Selector);

/// <summary>Devices that keep serving together: "at least two per store".</summary>
/// <param name="Label">Devices with the same value of this label are one group; those without it are in none.</param>
/// <param name="MinServing">How many of a group serve at any time, from 1.</param>
public sealed record BudgetSpec(string Label, int MinServing);

/// <summary>
/// How a change reaches the devices. Everything but the kind, the shadow, the windows, the standby and the bandwidth is
/// for <see cref="StrategyKind.Waves"/>.
/// </summary>
public sealed record StrategySpec
{
    /// <summary>Percent that <see cref="Waves"/> end in.</summary>
    public static readonly DeviceAmount Everyone = new(100, IsPercent: true);

    /// <summary>The kind of rollout.</summary>
    public StrategyKind Kind { get; init; } = StrategyKind.All;

    /// <summary>Who goes first; null for one device.</summary>
    public CanarySpec? Canary { get; init; }

    /// <summary>
    /// How many devices have the new version after each further wave, growing; everyone else follows in the last. Empty
    /// for waves that grow by <see cref="Growth"/>.
    /// </summary>
    public ImmutableArray<DeviceAmount> Waves { get; init; } = [];

    /// <summary>Each wave brings the devices with the new version to this many times as many, 2..100.</summary>
    public int Growth { get; init; } = 3;

    /// <summary>How long all of a wave must serve before the next.</summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Most devices that may be changing at one time; null for no limit of its own.</summary>
    public DeviceAmount? MaxUnavailable { get; init; }

    /// <summary>Groups of devices of which some keep serving, 0..8.</summary>
    public ImmutableArray<BudgetSpec> Budgets { get; init; } = [];

    /// <summary>So many devices may fail before the change is taken back, from 0.</summary>
    public int MaxFailures { get; init; }

    /// <summary>After this long the rollout stops and waits for a person; zero for never.</summary>
    public TimeSpan Deadline { get; init; }

    /// <summary>What the new revision must keep while it is on trial; empty for no more than to serve.</summary>
    public GatesSpec Gates { get; init; } = new();

    /// <summary>
    /// How a release is compared with the one that serves before it gets requests, whatever the kind; null for not.
    /// </summary>
    public ShadowSpec? Shadow { get; init; }

    /// <summary>
    /// When a device may replace a release that serves, 0..16, whatever the kind; empty for always.
    /// </summary>
    public ImmutableArray<MaintenanceWindow> Windows { get; init; } = [];

    /// <summary>
    /// How long what is replaced waits frozen to come back, zero for not at all; null for what
    /// <see cref="StandbyFor"/> says.
    /// </summary>
    public TimeSpan? Standby { get; init; }

    /// <summary>Whether the old version goes on serving until the new one is ready, whatever the kind.</summary>
    public SwapRule Swap { get; init; } = SwapRule.Auto;

    /// <summary>
    /// How many bytes per second each device may take at most while it fetches, whatever the kind; 0 for no limit.
    /// </summary>
    public long BandwidthBytes { get; init; }

    /// <summary>How long what is replaced waits frozen: for waves as long as the change is on trial.</summary>
    public TimeSpan StandbyFor =>
        Standby ?? (Kind == StrategyKind.Waves ? Soak + Gates.Window : TimeSpan.Zero);

    /// <summary>Compared by content: arrays would be compared by reference.</summary>
    public bool Equals(StrategySpec? other) => other is not null
        && (Kind, Canary, Growth, Soak) == (other.Kind, other.Canary, other.Growth, other.Soak)
        && Gates == other.Gates && Equals(Shadow, other.Shadow)
        && (Standby, Swap, BandwidthBytes) == (other.Standby, other.Swap, other.BandwidthBytes)
        && (MaxUnavailable, MaxFailures, Deadline) == (other.MaxUnavailable, other.MaxFailures, other.Deadline)
        && Waves.SequenceEqual(other.Waves)
        && Budgets.SequenceEqual(other.Budgets)
        && Windows.SequenceEqual(other.Windows);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Growth, Soak, MaxFailures, Waves.Length);
}
