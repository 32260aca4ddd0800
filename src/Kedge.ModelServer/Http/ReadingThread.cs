using System.Runtime.CompilerServices;

namespace Kedge.ModelServer.Http;

/// <summary>
/// The threads that wait for sockets, as many as processors. Problem: what they read they also answer where that is
/// quick, and all sockets of one wait meanwhile. Rule: nothing that may take longer than what <see cref="ServeLimits"/>
/// calls quick, and nothing that may wait for a disk, runs there; whoever may be there and has such a thing to do
/// leaves first.
/// </summary>
internal static class ReadingThread
{
    /// <summary>True on one of them: whatever else is done here is done by the thread pool.</summary>
    internal static bool IsHere => !Thread.CurrentThread.IsThreadPoolThread;

    /// <summary>Goes on in the thread pool; at once, and without allocation, where it is there already.</summary>
    internal static Departure LeaveAsync() => default;

    /// <summary>What <see cref="LeaveAsync"/> waits for.</summary>
    internal readonly struct Departure : ICriticalNotifyCompletion
    {
        /// <summary>True where there is nothing to leave.</summary>
        public bool IsCompleted => !IsHere;

        public Departure GetAwaiter() => this;

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation) =>
            _ = ThreadPool.UnsafeQueueUserWorkItem(static next => next(), continuation, preferLocal: false);

        public void GetResult()
        {
            // There is none.
        }
    }
}
