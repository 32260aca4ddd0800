using Kedge.Core.Errors;

namespace Kedge.Core.Device;

/// <summary>Errors that the device machine itself finds.</summary>
public static class DeviceErrors
{
    /// <summary>The agent kept crashing since a generation was applied.</summary>
    public static readonly ErrorCode PoisonGeneration = new(
        "KEDGE-DEVICE-001",
        "The agent crashed several times in a row since this generation was applied.",
        "The device went back to its last good releases. Look at the agent's log; apply again to retry.");

    /// <summary>An instance ended again and again.</summary>
    public static readonly ErrorCode CrashLoop = new(
        "KEDGE-DEVICE-002",
        "A release failed several times in a row on this device and is quarantined there.",
        "The device serves its last good release. Look at `kedge logs`; apply a mended release.");
}
