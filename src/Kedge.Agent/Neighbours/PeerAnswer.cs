using Kedge.Core;
using Kedge.Core.Errors;

namespace Kedge.Agent.Neighbours;

/// <summary>What became of asking another device.</summary>
[Closed]
internal abstract record PeerAnswer
{
    private PeerAnswer()
    {
    }

    /// <summary>It answered with bytes of the right length; they were not looked at.</summary>
    internal sealed record Given(ReadOnlyMemory<byte> Bytes) : PeerAnswer;

    /// <summary>It answered that it does not have it, or not now.</summary>
    internal sealed record NotNow(string Why, bool IsBusy) : PeerAnswer;

    /// <summary>It cannot be reached, or does not answer this device.</summary>
    internal sealed record Away(string Why) : PeerAnswer;

    /// <summary>What it does is none that a device in order does.</summary>
    internal sealed record Wrong(Finding Finding) : PeerAnswer;
}
