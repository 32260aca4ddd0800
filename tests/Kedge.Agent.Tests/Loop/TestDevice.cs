using Kedge.Agent.Trust;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Device;
using Kedge.Tests.Support.Devices;
using Kedge.Tests.Support.Disks;
using Kedge.Wire;
using Kedge.Wire.Reported;

namespace Kedge.Agent.Tests.Loop;

/// <summary>One device on in-memory borders, with an agent that can be killed and started again.</summary>
internal sealed class TestDevice : IDisposable
{
    public TestDevice()
    {
        SynchronizationContext.SetSynchronizationContext(null);
        Link.OnSubscribed = _ =>
        {
            if (Wanted is not null)
            {
                // As the broker does: what is wanted is sent on every subscription.
                Pending.Add(Wanted);
            }
        };
        _ = TrustKeeper.Open(Disk, Fleet.Identity.OwnerKey, 1).Offer(Fleet.Source.Trust);
    }

    public TestFleet Fleet { get; } = new();

    public MemoryDisk Disk { get; } = new();

    public MemoryLink Link { get; } = new();

    public MemorySupervisor Supervisor { get; } = new();

    public ManualTime Time { get; } = new();

    /// <summary>What the server wants now, signed.</summary>
    public byte[]? Wanted { get; set; }

    public AgentLoop? Agent { get; private set; }

    private List<byte[]> Pending { get; } = [];

    public WorkloadState Workload(string name) => Agent!.State.Workloads[new DeploymentId(name)];

    public IEnumerable<UpMessage> Messages =>
        Link.Published.Where(static p => p.Topic.EndsWith("/" + Topics.Reported, StringComparison.Ordinal))
            .Select(static p => UpMessageFormat.TryRead(p.Payload, out _)!);

    public IEnumerable<string> Reasons => Messages.Select(static m => m.Event?.Reason).OfType<string>();

    public StatusMessage? LastStatus => Messages.LastOrDefault(static m => m.Status is not null)?.Status;

    public void Start(IDisk? disk = null, AgentOptions? options = null) => Agent = new AgentLoop(
        disk ?? Disk, Link, Fleet.Source, Supervisor, Time, new Rng(1), Fleet.Identity, options ?? new AgentOptions());

    /// <summary>Kills the agent as <c>kill -9</c> does: nothing of it runs on.</summary>
    public void Kill()
    {
        Agent = null;
        Link.Cut("the device is gone");
    }

    /// <summary>Asks for a new state and delivers it.</summary>
    public void Want(byte[] signed)
    {
        Wanted = signed;
        if (Link.IsConnected)
        {
            Pending.Add(signed);
        }

        Run();
    }

    public void Want(long generation, params Kedge.Core.Desired.WorkloadSpec[] workloads) =>
        Want(Fleet.Sign(Fleet.State(generation, workloads)));

    /// <summary>Runs the agent until nothing waits.</summary>
    public void Run()
    {
        for (int i = 0; i < 1000; i++)
        {
            Agent!.RunOnceAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult();
            foreach (byte[] message in Pending.ToArray())
            {
                if (Link.Deliver(Topics.Of(Fleet.Identity.Tenant, Fleet.Identity.Device, Topics.Desired), message))
                {
                    _ = Pending.Remove(message);
                }
            }

            if (!Agent.HasWork)
            {
                return;
            }
        }

        Assert.Fail("The agent does not come to rest.");
    }

    /// <summary>Lets time pass, the agent running.</summary>
    public void Pass(TimeSpan time)
    {
        TimeSpan end = Time.Elapsed + time;
        Run();
        while (Time.NextTimer <= end)
        {
            Time.Advance(Time.NextTimer.Value - Time.Elapsed);
            Run();
        }

        Time.Advance(end - Time.Elapsed);
        Run();
    }

    public void Dispose() => Fleet.Dispose();
}
