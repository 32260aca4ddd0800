using Kedge.Core;

namespace Kedge.Agent.Loop;

/// <summary>What every part of the loop shares.</summary>
/// <param name="Mailbox">Where results are queued.</param>
/// <param name="Clock">Time.</param>
/// <param name="Rng">Chance.</param>
/// <param name="Identity">Who this device is.</param>
/// <param name="Options">What it was told.</param>
internal sealed record LoopParts(
    Mailbox Mailbox, LoopClock Clock, Rng Rng, AgentIdentity Identity, AgentOptions Options);
