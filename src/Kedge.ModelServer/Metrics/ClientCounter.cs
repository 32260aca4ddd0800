namespace Kedge.ModelServer.Metrics;

/// <summary>Requests of one client. Only ever added to, by any thread.</summary>
/// <param name="name">Value of the label <c>client</c>.</param>
internal sealed class ClientCounter(string name)
{
    private long _success;
    private long _failure;

    internal string Name => name;

    /// <summary>Answered with a result.</summary>
    internal long Success => Interlocked.Read(ref _success);

    /// <summary>Answered with an error.</summary>
    internal long Failure => Interlocked.Read(ref _failure);

    internal void Count(bool isFailure)
    {
        if (isFailure)
        {
            Interlocked.Increment(ref _failure);
        }
        else
        {
            Interlocked.Increment(ref _success);
        }
    }
}
