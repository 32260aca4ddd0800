using Kedge.Core;

namespace Kedge.Wire;

/// <summary>
/// The topics of the device link: <c>kedge/v1/{tenant}/{device}/...</c>. A device touches only its own.
/// </summary>
public static class Topics
{
    /// <summary>Desired state, down, QoS 1.</summary>
    public const string Desired = "desired";

    /// <summary>Reported state, facts and events, up, QoS 1, one sequence for all.</summary>
    public const string Reported = "reported";

    /// <summary>A question to the device, down, QoS 1.</summary>
    public const string Ask = "ask";

    /// <summary>Its answer, up, QoS 1, outside the sequence of reports.</summary>
    public const string Answer = "answer";

    /// <summary>Live figures, up, QoS 1, outside the sequence of reports: told again while they grow.</summary>
    public const string Telemetry = "telemetry";

    private const string Prefix = "kedge/v1/";

    /// <summary>The topic of one device that ends in <paramref name="leaf"/>.</summary>
    public static string Of(TenantId tenant, DeviceId device, string leaf) => $"{Prefix}{tenant}/{device}/{leaf}";

    /// <summary>Takes a topic apart; false when it is none of ours.</summary>
    public static bool TryParse(string topic, out TenantId tenant, out DeviceId device, out string leaf)
    {
        tenant = default;
        device = default;
        leaf = "";
        string[] parts = topic.Split('/', 6);
        if (parts.Length != 5 || parts[0] != "kedge" || parts[1] != "v1"
            || !TenantId.TryParse(parts[2], out tenant) || !DeviceId.TryParse(parts[3], out device))
        {
            return false;
        }

        leaf = parts[4];
        return true;
    }
}
