namespace Kedge.Bench.Serve;

/// <summary>
/// Asks the same again and again, one request at a time; anything but a good answer ends the benchmark.
/// </summary>
internal interface IAsker : IDisposable
{
    /// <summary>Asks once and waits for the whole answer.</summary>
    void Ask();
}
