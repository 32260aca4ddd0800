using Kedge.ControlPlane.Link;
using Kedge.Core;
using Kedge.Core.Borders;
using Kedge.Core.Errors;
using Kedge.Wire;

namespace Kedge.Simulation.World;

/// <summary>
/// One connection between a device and a replica, each end learning of its death by itself. What was on its way when it
/// broke still arrives where the other end has not noticed, up to a minute late, so that messages of a newer connection
/// pass it. Upwards one connection keeps the order, as TCP does. Downwards messages may pass each other and come twice
/// on one connection too: more than TCP allows and QoS 1 does, as a device must stand any order of states.
/// </summary>
internal sealed class SimConnection : ILinkConnection, IDeviceConnection
{
    private readonly SimNetwork _network;
    private readonly SimDevice _device;
    private readonly int _life;
    private readonly Action<LinkDelivery> _receiver;
    private readonly TaskCompletionSource<string> _closed = new();
    private readonly List<TaskCompletionSource<PublishOutcome>> _waiting = [];
    private readonly List<Action<bool>> _unanswered = [];
    private TimeSpan _upArrival;
    private TimeSpan _downArrival;
    private bool _broken;
    private bool _serverEnded;

    public SimConnection(SimNetwork network, SimDevice device, Replica replica, Action<LinkDelivery> receiver)
    {
        _network = network;
        _device = device;
        _life = device.Life;
        _receiver = receiver;
        Replica = replica;
    }

    public Replica Replica { get; }

    public SimDevice Device => _device;

    public DeviceSession? Session { get; set; }

    public Task<string> Closed => _closed.Task;

    private bool DeviceListens => !_closed.Task.IsCompleted && _device.Life == _life;

    private bool ServerListens => !_serverEnded && Replica.IsUp;

    public ValueTask<PublishOutcome> PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken cancel)
    {
        if (!DeviceListens)
        {
            return new ValueTask<PublishOutcome>(new PublishOutcome.Lost());
        }

        TaskCompletionSource<PublishOutcome> outcome = new();
        _waiting.Add(outcome);
        byte[] copy = payload.ToArray();
        _network.MaybeBreak(this);
        Up(() => Arrive(topic, copy, outcome));
        if (_network.Duplicates())
        {
            Up(() => Arrive(topic, copy, null));
        }

        return new ValueTask<PublishOutcome>(outcome.Task);
    }

    public ValueTask DisposeAsync()
    {
        if (DeviceListens)
        {
            EndDevice("closed by the device");
            Up(EndServer);
        }

        return default;
    }

    public bool TrySend(string leaf, ReadOnlyMemory<byte> payload, Action<bool> answered)
    {
        if (!ServerListens)
        {
            return false;
        }

        _unanswered.Add(answered);
        byte[] copy = payload.ToArray();
        string topic = Topics.Of(TenantId.Default, _device.Id, leaf);
        _network.MaybeBreak(this);
        Down(() => Deliver(topic, copy, () => Up(() => Answer(answered, true))));
        if (_network.Duplicates())
        {
            Down(() => Deliver(topic, copy, () => { }));
        }

        return true;
    }

    public void Close(Finding why)
    {
        if (ServerListens)
        {
            EndServer();
            Down(() => EndDevice(why.Message));
        }
    }

    /// <summary>Somebody else's bytes on this device's connection.</summary>
    public void Inject(string topic, byte[] payload) => Down(() => Deliver(topic, payload, () => { }));

    /// <summary>It is cut: nothing passes any more. Each end notices after its own while.</summary>
    public void Break(TimeSpan deviceNotices, TimeSpan serverNotices)
    {
        if (_broken)
        {
            return;
        }

        _broken = true;
        _network.Scheduler.After(deviceNotices, () => EndDevice("the connection was lost"));
        _network.Scheduler.After(serverNotices, EndServer);
    }

    /// <summary>The replica is gone with everything in its memory.</summary>
    public void ReplicaDied()
    {
        _serverEnded = true;
        Break(_network.NoticeDelay(), TimeSpan.Zero);
    }

    private void Arrive(string topic, byte[] payload, TaskCompletionSource<PublishOutcome>? outcome)
    {
        if (!ServerListens || Session is not DeviceSession session)
        {
            return;
        }

        ValueTask<LinkAnswer> answer = Replica.Link.PublishAsync(session, topic, payload, CancellationToken.None);
        Check.That(answer.IsCompletedSuccessfully);
        LinkAnswer said = answer.Result;
        if (said == LinkAnswer.Committed && !topic.EndsWith(Topics.Telemetry, StringComparison.Ordinal))
        {
            _device.Acknowledged(payload);
        }

        if (outcome is not null)
        {
            Down(() => Finish(
                outcome, said == LinkAnswer.Committed
                    ? new PublishOutcome.Done()
                    : new PublishOutcome.Refused(said.ToString())));
        }
    }

    private void Deliver(string topic, byte[] payload, Action acknowledge)
    {
        if (DeviceListens)
        {
            _receiver(new Delivery(topic, payload, acknowledge));
        }
    }

    private void Finish(TaskCompletionSource<PublishOutcome> waiting, PublishOutcome outcome)
    {
        if (DeviceListens && _waiting.Remove(waiting))
        {
            waiting.SetResult(outcome);
        }
    }

    private void Answer(Action<bool> answered, bool taken)
    {
        if (_unanswered.Remove(answered) && Replica.IsUp)
        {
            answered(taken);
        }
    }

    private void EndDevice(string why)
    {
        if (!DeviceListens)
        {
            return;
        }

        _broken = true;
        foreach (TaskCompletionSource<PublishOutcome> waiting in _waiting.ToArray())
        {
            _waiting.Remove(waiting);
            waiting.SetResult(new PublishOutcome.Lost());
        }

        _closed.SetResult(why);
        _network.Scheduler.After(_network.NoticeDelay(), EndServer);
    }

    private void EndServer()
    {
        if (_serverEnded)
        {
            return;
        }

        _serverEnded = true;
        foreach (Action<bool> answered in _unanswered.ToArray())
        {
            Answer(answered, false);
        }

        if (Replica.IsUp && Session is not null)
        {
            Replica.Link.Disconnected(Session);
        }

        _network.Scheduler.After(_network.NoticeDelay(), () => EndDevice("the server closed the connection"));
    }

    private void Up(Action action)
    {
        // Held up, it holds up what comes after it on this connection; a newer connection passes both.
        TimeSpan held = _network.Scheduler.Now + _network.Lateness();
        _upArrival = Pass(held > _upArrival ? held : _upArrival, action);
    }

    private void Down(Action action)
    {
        TimeSpan late = _network.Lateness();
        if (late > TimeSpan.Zero)
        {
            // What comes after it does not wait for it.
            _ = Pass(late + _network.Scheduler.Now, action);
            return;
        }

        _downArrival = Pass(_downArrival, action);
    }

    private TimeSpan Pass(TimeSpan notBefore, Action action)
    {
        if (_broken || _network.IsPartitioned(_device))
        {
            return notBefore;
        }

        TimeSpan now = _network.Scheduler.Now;
        TimeSpan arrival = now + _network.Latency();
        arrival = arrival > notBefore ? arrival : notBefore;
        _network.Scheduler.After(arrival - now, action);
        return arrival;
    }

    private sealed class Delivery(string topic, byte[] payload, Action acknowledge) : LinkDelivery
    {
        public override string Topic => topic;

        public override ReadOnlyMemory<byte> Payload => payload;

        public override ValueTask AcknowledgeAsync()
        {
            acknowledge();
            return default;
        }
    }
}
