using Kedge.Core;

namespace Kedge.Agent.Neighbours;

/// <summary>What the searches of a device share. Never compared.</summary>
/// <param name="Self">This device.</param>
/// <param name="Roster">Whom there is to ask.</param>
/// <param name="Client">Asks them.</param>
/// <param name="Standing">Who is not asked for a while.</param>
/// <param name="Board">Where this device says what it wants.</param>
/// <param name="Counters">What was counted.</param>
/// <param name="Time">Clock and timers.</param>
internal sealed record NeighbourParts(
    DeviceId Self, RosterKeeper Roster, NeighbourClient Client, PeerStanding Standing, NeighbourBoard Board,
    NeighbourCounters Counters, TimeProvider Time);
