using System.Collections.Immutable;
using Kedge.Core.Borders;
using Kedge.Core.Device;

namespace Kedge.Tests.Support.Devices;

/// <summary>
/// A link in memory: what the device publishes lands in <see cref="Published"/>, what is sent to it is delivered at
/// once.
/// Outcomes complete on the caller's thread unless <see cref="HoldsAcks"/> is set; then <see cref="ReleaseAcks"/> does.
/// </summary>
public sealed class MemoryLink : IDeviceLink
{
    private Connection? _connection;
    private Action<LinkDelivery>? _receiver;

    /// <summary>When set, the next attempts to connect end with it.</summary>
    public LinkOutcome? Refusal { get; set; }

    /// <summary>When set, acknowledgements wait for <see cref="ReleaseAcks"/>.</summary>
    public bool HoldsAcks { get; set; }

    /// <summary>What was published and not refused, in order, over all connections.</summary>
    public List<(string Topic, byte[] Payload)> Published { get; } = [];

    /// <summary>Called for each published message before its acknowledgement.</summary>
    public Action<string, byte[]>? OnPublished { get; set; }

    /// <summary>Called with the topics when a device subscribed.</summary>
    public Action<ImmutableArray<string>>? OnSubscribed { get; set; }

    /// <summary>Deliveries that the device acknowledged.</summary>
    public List<byte[]> Acknowledged { get; } = [];

    /// <summary>True while a device is connected.</summary>
    public bool IsConnected => _connection is not null;

    /// <summary>Connections that were made.</summary>
    public int Connections { get; private set; }

    public ValueTask<LinkOutcome> ConnectAsync(
        ImmutableArray<string> topics, Action<LinkDelivery> receiver, CancellationToken cancel)
    {
        if (Refusal is not null)
        {
            return ValueTask.FromResult(Refusal);
        }

        _connection?.End("replaced");
        _connection = new Connection(this);
        _receiver = receiver;
        Connections++;
        OnSubscribed?.Invoke(topics);
        return ValueTask.FromResult<LinkOutcome>(new LinkOutcome.Connected(_connection));
    }

    /// <summary>Sends a message to the device; false when none is connected.</summary>
    public bool Deliver(string topic, byte[] payload)
    {
        if (_connection is null)
        {
            return false;
        }

        _receiver!(new Delivery(this, _connection, topic, payload)); // A connection has a receiver.
        return true;
    }

    /// <summary>Ends the connection as a cut cable does.</summary>
    public void Cut(string why = "cut") => _connection?.End(why);

    /// <summary>Acknowledges what waits, oldest first.</summary>
    /// <param name="count">How many at most.</param>
    public void ReleaseAcks(int count = int.MaxValue) => _connection?.Release(count);

    /// <summary>A link that is unreachable.</summary>
    public static LinkOutcome Unreachable { get; } =
        new LinkOutcome.Unreachable(new Problem("KEDGE-TEST-001", "no network"));

    private sealed class Connection(MemoryLink link) : ILinkConnection
    {
        private readonly TaskCompletionSource<string> _closed = new();
        private readonly Queue<TaskCompletionSource<PublishOutcome>> _waiting = new();

        public Task<string> Closed => _closed.Task;

        public ValueTask<PublishOutcome> PublishAsync(
            string topic, ReadOnlyMemory<byte> payload, CancellationToken cancel)
        {
            if (_closed.Task.IsCompleted)
            {
                return ValueTask.FromResult<PublishOutcome>(new PublishOutcome.Lost());
            }

            byte[] copy = payload.ToArray();
            link.Published.Add((topic, copy));
            link.OnPublished?.Invoke(topic, copy);
            if (!link.HoldsAcks)
            {
                return ValueTask.FromResult<PublishOutcome>(new PublishOutcome.Done());
            }

            TaskCompletionSource<PublishOutcome> waiting = new();
            _waiting.Enqueue(waiting);
            return new ValueTask<PublishOutcome>(waiting.Task);
        }

        public ValueTask DisposeAsync()
        {
            End("closed by the device");
            return ValueTask.CompletedTask;
        }

        public void Release(int count)
        {
            while (count-- > 0 && _waiting.TryDequeue(out TaskCompletionSource<PublishOutcome>? waiting))
            {
                waiting.SetResult(new PublishOutcome.Done());
            }
        }

        public void End(string why)
        {
            if (link._connection == this)
            {
                link._connection = null;
            }

            while (_waiting.TryDequeue(out TaskCompletionSource<PublishOutcome>? waiting))
            {
                waiting.SetResult(new PublishOutcome.Lost());
            }

            _ = _closed.TrySetResult(why);
        }
    }

    private sealed class Delivery(MemoryLink link, Connection connection, string topic, byte[] payload) : LinkDelivery
    {
        public override string Topic => topic;

        public override ReadOnlyMemory<byte> Payload => payload;

        public override ValueTask AcknowledgeAsync()
        {
            if (!connection.Closed.IsCompleted)
            {
                link.Acknowledged.Add(payload);
            }

            return ValueTask.CompletedTask;
        }
    }
}
