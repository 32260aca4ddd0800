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

    /// <summary>Somebody at the device holds it as it is.</summary>
    public static readonly ErrorCode Held = new(
        "KEDGE-DEVICE-003",
        "The device is held as it is: nothing that serves is replaced or removed.",
        "`kedge-agent release` on the device ends it; `kedge-agent status` there says why and until when.");

    /// <summary>No maintenance window is open.</summary>
    public static readonly ErrorCode OutsideWindows = new(
        "KEDGE-DEVICE-004",
        "A release waits on the device for a maintenance window of its deployment.",
        "Nothing to do: it replaces what serves when the window opens. Windows are in spec.strategy.maintenance.");

    /// <summary>A release answers live requests otherwise than the one that serves.</summary>
    public static readonly ErrorCode ShadowDisagrees = new(
        "KEDGE-DEVICE-007",
        "A release answered copies of live requests otherwise than the release that serves, and was refused.",
        "No client saw its answers. If they are meant to differ, apply it without spec.strategy.shadow or with other "
        + "bounds; else apply a mended release.");

    /// <summary>A release is being compared.</summary>
    public static readonly ErrorCode Shadowing = new(
        "KEDGE-DEVICE-008",
        "A release answers copies of live requests, and its answers are compared before it serves.",
        "Nothing to do: it serves when enough answers agreed or its time is over. Bounds are in spec.strategy.shadow.");

    /// <summary>An instance that serves does not answer.</summary>
    public static readonly ErrorCode ProbeFailed = new(
        "KEDGE-DEVICE-005",
        "An instance that serves did not answer the device's probe, or answered other than its golden sample says.",
        "The device started it anew, or went back. Look at `kedge logs`; spec.probe says how it is asked.");

    /// <summary>True for a problem that says what is waited for rather than what went wrong.</summary>
    public static bool IsWait(string code) => code == Held.Code || code == OutsideWindows.Code;
}
