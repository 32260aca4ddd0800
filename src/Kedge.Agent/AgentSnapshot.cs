using System.Collections.Immutable;
using Kedge.Agent.Content;
using Kedge.Core.Device;
using Kedge.Wire.Reported;

namespace Kedge.Agent;

/// <summary>What an agent says of itself at one moment, for its status and metrics sockets. Never compared.</summary>
public sealed record AgentSnapshot
{
    /// <summary>What runs.</summary>
    public required StatusMessage Status { get; init; }

    /// <summary>True while the link is up.</summary>
    public bool IsLinkUp { get; init; }

    /// <summary>Why the link is not up; null while it is.</summary>
    public Problem? LinkProblem { get; init; }

    /// <summary>Connections made since the start.</summary>
    public long LinkConnections { get; init; }

    /// <summary>Messages that wait for the server.</summary>
    public int SpoolMessages { get; init; }

    /// <summary>Bytes of the spool on disk.</summary>
    public long SpoolBytes { get; init; }

    /// <summary>Messages dropped because there was no room.</summary>
    public long SpoolDropped { get; init; }

    /// <summary>Bytes of content fetched since the start.</summary>
    public long FetchedBytes { get; init; }

    /// <summary>Bytes of content since the start, by the way that they came; <c>local</c> cost nothing.</summary>
    public ImmutableArray<WayBytes> FetchedByWay { get; init; } = [];

    /// <summary>What is done with other devices of the site; null where none are configured.</summary>
    public NeighbourFigures? Neighbours { get; init; }

    /// <summary>The sandbox, as <c>runc 1.1.5</c>; empty where none works.</summary>
    public string Sandbox { get; init; } = "";

    /// <summary>True when the clock of the device cannot be right.</summary>
    public bool IsClockWrong { get; init; }

    /// <summary>Why nothing is replaced; null while nobody holds the device.</summary>
    public Problem? Held { get; init; }

    /// <summary>Instances that serve, candidates and draining ones left out.</summary>
    public IReadOnlyList<InstanceId> Serving { get; init; } = [];

    internal static ImmutableArray<InstanceId> ServingOf(DeviceState state)
    {
        ImmutableArray<InstanceId>.Builder serving = ImmutableArray.CreateBuilder<InstanceId>();
        foreach (WorkloadState workload in state.InOrder)
        {
            if (workload.Current is { } current)
            {
                serving.Add(current.Id);
            }
        }

        return serving.ToImmutable();
    }
}

/// <summary>What an agent does with other devices of its site.</summary>
/// <param name="Site">Value of the device's label <c>site</c>; empty for none.</param>
/// <param name="Known">Other devices of the roster.</param>
/// <param name="TakenBytes">Bytes of content that came from them since the start.</param>
/// <param name="GivenBytes">Bytes of content that they took since the start.</param>
/// <param name="LeftOut">How often one was left out for what it did, since the start.</param>
public sealed record NeighbourFigures(string Site, int Known, long TakenBytes, long GivenBytes, long LeftOut);
