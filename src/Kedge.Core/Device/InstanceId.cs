using System.Globalization;

namespace Kedge.Core.Device;

/// <summary>One process of one workload on one device. Numbers are never used twice on a device.</summary>
/// <param name="Workload">Its workload.</param>
/// <param name="Number">From 1, growing over all workloads of the device.</param>
public readonly record struct InstanceId(DeploymentId Workload, long Number)
{
    /// <summary>Parses <c>name.number</c>; false leaves <paramref name="id"/> at its default.</summary>
    public static bool TryParse(string? text, out InstanceId id)
    {
        id = default;
        int dot = text?.LastIndexOf('.') ?? -1;
        if (dot <= 0
            || !DeploymentId.TryParse(text![..dot], out DeploymentId workload)
            || !long.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || number < 1)
        {
            return false;
        }

        id = new InstanceId(workload, number);
        return true;
    }

    /// <summary><c>name.number</c>: also the folder and, with a prefix, the container of the instance.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Workload}.{Number}");
}
