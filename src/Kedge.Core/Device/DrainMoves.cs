namespace Kedge.Core.Device;

/// <summary>The moves about instances that answer what they have begun and then end.</summary>
internal static class DrainMoves
{
    private const int DrainingMax = 3;

    public static WorkloadMove ForgetDrained(WorkloadMove m, WorkloadEvent e) =>
        m.With(m.W with { Draining = m.W.Draining.RemoveAll(d => d.Id == e.Instance) });

    public static WorkloadMove ForgetDrainedAndMaybeAll(WorkloadMove m, WorkloadEvent e) =>
        ForgetIfDone(ForgetDrained(m, e));

    internal static WorkloadMove ForgetIfDone(WorkloadMove m) =>
        m.W.Draining.IsEmpty ? m with { State = null } : m;

    /// <summary>Lets an instance answer what it has begun and end.</summary>
    internal static WorkloadMove Drain(WorkloadMove m, InstanceState instance) =>
        DrainOldest(m.With(m.W with { Draining = m.W.Draining.Add(instance) }))
            .Then(new DeviceEffect.Drain(instance.Id, Limits.DrainDeadline));

    private static WorkloadMove DrainOldest(WorkloadMove m) => m.W.Draining.Length <= DrainingMax
        ? m
        : m.Then(new DeviceEffect.Stop(m.W.Draining[0].Id));
}
