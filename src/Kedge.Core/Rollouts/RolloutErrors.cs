using Kedge.Core.Errors;

namespace Kedge.Core.Rollouts;

/// <summary>Why a rollout stopped or went back.</summary>
public static class RolloutErrors
{
    /// <summary>Devices refused it.</summary>
    public static readonly ErrorCode DevicesFailed = new(
        "KEDGE-ROLLOUT-001",
        "More devices gave the new revision up than the strategy allows; every device goes back to the stable one.",
        "Read the devices' own reasons in `kedge rollout status`, mend the model or the limits, and apply again.");

    /// <summary>Deadline.</summary>
    public static readonly ErrorCode DeadlinePassed = new(
        "KEDGE-ROLLOUT-002",
        "The rollout did not complete before its deadline and waits for a person.",
        "`kedge rollout status` says what it waits for; then `kedge rollout resume` or `kedge rollout abort`.");

    /// <summary>Paused by a person.</summary>
    public static readonly ErrorCode PausedByPerson = new(
        "KEDGE-ROLLOUT-003",
        "Somebody paused the rollout.",
        "`kedge rollout resume` when it may go on.");

    /// <summary>Aborted by a person.</summary>
    public static readonly ErrorCode AbortedByPerson = new(
        "KEDGE-ROLLOUT-004",
        "Somebody aborted the rollout; every device goes back to the stable revision.",
        "Apply a new revision when there is a better one.");

    /// <summary>Not possible in this phase.</summary>
    public static readonly ErrorCode NotNow = new(
        "KEDGE-ROLLOUT-005",
        "What was asked for is not possible where the rollout stands.",
        "`kedge rollout status` says where it stands; a rollout that went back starts again by a new apply.");

    /// <summary>A plan broke a rule.</summary>
    public static readonly ErrorCode BrokenPlan = new(
        "KEDGE-ROLLOUT-006",
        "A plan would have exposed devices that the strategy does not allow; it was not carried out.",
        "This is a fault of Kedge: report it with the server's log.");

    /// <summary>A gate failed.</summary>
    public static readonly ErrorCode GateFailed = new(
        "KEDGE-ROLLOUT-007",
        "The figures of the new revision broke a gate; every device goes back to the stable one.",
        "The reason says which gate, where and by how much; mend the model or the gate, and apply again.");

    /// <summary>One device broke a gate.</summary>
    public static readonly ErrorCode DeviceGateFailed = new(
        "KEDGE-ROLLOUT-008",
        "On one device the new revision broke a gate; it counts as failed there.",
        "The reason says which gate and by how much; compare the device with the others.");

    /// <summary>No device could keep it.</summary>
    public static readonly ErrorCode StrategyUnfit = new(
        "KEDGE-ROLLOUT-009",
        "The strategy asks for what the devices that match now can never give.",
        "Change the amounts, the selector of the canary or the budget, or label and enrol the devices first.");

    /// <summary>Drift cannot be judged.</summary>
    public static readonly ErrorCode ReferenceMissing = new(
        "KEDGE-ROLLOUT-012",
        "A gate on drift asks for a reference that a package does not bring along.",
        "Push the model again with at least 20 samples, by --golden or --reference, or leave gates.drift out.");
}
