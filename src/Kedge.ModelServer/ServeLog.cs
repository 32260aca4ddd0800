using Kedge.Inference.Lifecycle;
using Microsoft.Extensions.Logging;

namespace Kedge.ModelServer;

/// <summary>Every line that the model server itself logs. Event ids 3000..3099; never reused.</summary>
internal static partial class ServeLog
{
    [LoggerMessage(3000, LogLevel.Information,
        "kedge-serve {Version} starts: deployment {Deployment}, instance {Instance}, pid {Pid}")]
    internal static partial void Starts(ILogger log, string version, string deployment, string instance, int pid);

    [LoggerMessage(3001, LogLevel.Information, "State {Old} -> {New}: {Reason}")]
    internal static partial void StateChanged(ILogger log, string old, string @new, string reason);

    [LoggerMessage(3002, LogLevel.Information, 
        "Model {Name} {Version} loaded from {Path} in {ElapsedMs} ms, {Bytes} bytes (0: not measured)")]
    internal static partial void ModelLoaded(
        ILogger log, string name, string version, string path, long elapsedMs, long bytes);

    [LoggerMessage(3003, LogLevel.Error, "Start failed: {Error}")]
    internal static partial void StartFailed(ILogger log, string error);

    [LoggerMessage(3004, LogLevel.Warning, "Control connection ended: {Error}")]
    internal static partial void ControlBroken(ILogger log, string error);

    [LoggerMessage(3005, LogLevel.Warning, "A connection could not be accepted: {Error}")]
    internal static partial void AcceptFailed(ILogger log, string error);

    [LoggerMessage(3006, LogLevel.Error, "A request met a bug")]
    internal static partial void RequestBroken(ILogger log, Exception failure);

    [LoggerMessage(3007, LogLevel.Information, "Exit {ExitCode}: {Reason}, {Requests} requests answered")]
    internal static partial void Exits(ILogger log, int exitCode, string reason, long requests);

    [LoggerMessage(3008, LogLevel.Information, "Copies of {SharePpm} ppm of the requests go to {Shadow}")]
    internal static partial void ShadowBegins(ILogger log, string shadow, int sharePpm);

    [LoggerMessage(3009, LogLevel.Information,
        "No copies go to {Shadow} any more ({Reason}): {Agreed} of {Compared} answers agreed, {Dropped} dropped")]
    internal static partial void ShadowEnds(
        ILogger log, string shadow, string reason, long agreed, long compared, long dropped);

    [LoggerMessage(3010, LogLevel.Warning, "No copies go to {Shadow} any more: nobody asked about them")]
    internal static partial void ShadowOrphaned(ILogger log, string shadow);

    [LoggerMessage(3020, LogLevel.Warning, "Model {Name} {Version} not loaded: {Error}")]
    internal static partial void ModelNotLoaded(ILogger log, string name, string version, string error);

    [LoggerMessage(3021, LogLevel.Information, "Model {Name} {Version} could not be warmed up: {Error}")]
    internal static partial void NotWarm(ILogger log, string name, string version, string error);

    [LoggerMessage(3022, LogLevel.Information, "Model {Name} {Version}: {Old} -> {New}")]
    internal static partial void PhaseChanged(
        ILogger log, string name, string version, ModelPhase old, ModelPhase @new);

    [LoggerMessage(3023, LogLevel.Warning, "{Code}: what it was told is not kept: {Error}")]
    internal static partial void StateLost(ILogger log, string code, string error);

    [LoggerMessage(3024, LogLevel.Information,
        "It goes on as the process before it was told: {UnloadedCount} models are unloaded")]
    internal static partial void StateRestored(ILogger log, int unloadedCount);

    [LoggerMessage(3011, LogLevel.Information, "{Method} {Path} {Status} {AnswerBytes} bytes {ElapsedUs} us")]
    internal static partial void Access(
        ILogger log, string method, string path, int status, int answerBytes, long elapsedUs);

    [LoggerMessage(3013, LogLevel.Information, "Shared memory {Region} of {Bytes} bytes is registered")]
    internal static partial void RegionAdded(ILogger log, string region, int bytes);

    [LoggerMessage(3014, LogLevel.Information, "Shared memory {Region} is gone: its client closed the connection")]
    internal static partial void RegionLeft(ILogger log, string region);

    [LoggerMessage(3012, LogLevel.Information,
        "Trace {Trace} of {Model}: accept {AcceptNs}, parse {ParseNs}, queue {QueueNs}, run {RunNs}, write {WriteNs}")]
    internal static partial void Traced(
        ILogger log, string trace, string model, long acceptNs, long parseNs, long queueNs, long runNs, long writeNs);
}
