namespace Kedge.Bench.Serve;

/// <summary>A connection of an open loop.</summary>
internal interface IOpenClient : IDisposable
{
    /// <summary>Asks once; false when no good answer came. Connects again after a failure.</summary>
    bool TryAsk();
}
