using System.Collections.Immutable;
using Kedge.Core.Device;

namespace Kedge.Core.Borders;

/// <summary>
/// The device's side of the broker link. It keeps nothing between connections: what must not be lost is spooled by the
/// caller, and desired state is sent again by the broker on each subscription.
/// </summary>
public interface IDeviceLink
{
    /// <summary>Connects as this device and subscribes to topics at QoS 1.</summary>
    /// <param name="topics">What to subscribe to, at least one.</param>
    /// <param name="receiver">Called for each message, in order, never two at once; it only queues and returns.</param>
    /// <param name="cancel">Gives the attempt up.</param>
    /// <returns>Done once the broker granted every one of them.</returns>
    ValueTask<LinkOutcome> ConnectAsync(
        ImmutableArray<string> topics, Action<LinkDelivery> receiver, CancellationToken cancel);
}

/// <summary>One connection. Everything on it ends when it does.</summary>
public interface ILinkConnection : IAsyncDisposable
{
    /// <summary>Completes, never faults, when the connection ended for whatever reason; the text says why.</summary>
    Task<string> Closed { get; }

    /// <summary>Sends one message at QoS 1. Calls may overlap: messages go out in the order of the calls.</summary>
    /// <param name="topic">Where to.</param>
    /// <param name="payload">The message; not changed until the outcome is there.</param>
    /// <param name="cancel">Gives up waiting; whether the message arrived is then unknown.</param>
    /// <returns>Done when the broker acknowledged it: it is committed there.</returns>
    ValueTask<PublishOutcome> PublishAsync(string topic, ReadOnlyMemory<byte> payload, CancellationToken cancel);
}

/// <summary>A message that arrived and is not acknowledged yet.</summary>
public abstract class LinkDelivery
{
    /// <summary>The topic it was sent to.</summary>
    public abstract string Topic { get; }

    /// <summary>The message; it stays as it is after the receiver returned.</summary>
    public abstract ReadOnlyMemory<byte> Payload { get; }

    /// <summary>
    /// Acknowledges it: call it once what follows from it is durable. Nothing happens on an ended connection.
    /// </summary>
    public abstract ValueTask AcknowledgeAsync();
}

/// <summary>What became of an attempt to connect.</summary>
[Closed]
public abstract record LinkOutcome
{
    private LinkOutcome()
    {
    }

    /// <summary>Connected and subscribed. The caller disposes of the connection.</summary>
    /// <param name="Connection">The connection.</param>
    public sealed record Connected(ILinkConnection Connection) : LinkOutcome;

    /// <summary>Nobody answered, or not in time: try again.</summary>
    /// <param name="Problem">What happened.</param>
    public sealed record Unreachable(Problem Problem) : LinkOutcome;

    /// <summary>
    /// The broker said no, or is not the one whose authority was pinned: trying again soon will not help.
    /// </summary>
    /// <param name="Problem">What it said.</param>
    public sealed record Refused(Problem Problem) : LinkOutcome;
}

/// <summary>What became of a message that was sent.</summary>
[Closed]
public abstract record PublishOutcome
{
    private PublishOutcome()
    {
    }

    /// <summary>Acknowledged.</summary>
    public sealed record Done : PublishOutcome;

    /// <summary>The broker acknowledged it with an error: sending it again will not help.</summary>
    /// <param name="Reason">What it said.</param>
    public sealed record Refused(string Reason) : PublishOutcome;

    /// <summary>The connection ended before the acknowledgement: send it again on the next one.</summary>
    public sealed record Lost : PublishOutcome;
}
