namespace Kedge.Bench.Serve;

/// <summary>Asks by a call in this process.</summary>
internal sealed class CallAsker(Action call) : IAsker
{
    public void Ask() => call();

    public void Dispose()
    {
    }
}
