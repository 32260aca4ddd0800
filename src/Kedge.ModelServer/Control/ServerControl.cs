using System.Collections.Immutable;
using Kedge.Core.Errors;
using Kedge.Inference.Errors;
using Kedge.Inference.Logging;
using Kedge.Inference.Protocol;
using Kedge.Inference.Regions;
using Kedge.Inference.Tracing;

namespace Kedge.ModelServer.Control;

/// <summary>
/// What changes the server or tells of its inside, whichever protocol asks: the repository, traces, the log, shared
/// memory. On the public socket each of these areas is closed unless the configuration opens it.
/// </summary>
internal sealed class ServerControl(ServeContext context)
{
    /// <summary>Null where an area may be asked, else why not.</summary>
    /// <param name="area">One of <see cref="Kedge.Inference.Control.ControlAreas"/>.</param>
    /// <param name="isOwn">True on the server's own socket.</param>
    internal Finding? Refuse(string area, bool isOwn) => isOwn || context.OpenControl.Contains(area)
        ? null
        : InferErrors.ControlClosed.At($"'{area}' is not open here.");

    /// <summary>Every version of every model with its state.</summary>
    /// <param name="onlyReady">True for those that can be asked.</param>
    internal IEnumerable<RepositoryEntry> Index(bool onlyReady)
    {
        IEnumerable<RepositoryEntry> entries = context.Repository is null
            ? context.Models.Select(static model => new RepositoryEntry(model.Name, model.Version, "READY"))
            : context.Repository.Index().Select(static slot =>
                new RepositoryEntry(slot.Name, slot.Version, slot.IndexWord, slot.IndexReason));
        return onlyReady ? entries.Where(static entry => entry.State == "READY") : entries;
    }

    /// <summary>Loads a model.</summary>
    internal ValueTask<Finding?> LoadAsync(string name, CancellationToken gone) =>
        context.Repository?.LoadAsync(name, gone) ?? default;

    /// <summary>Unloads a model.</summary>
    internal ValueTask<Finding?> UnloadAsync(string name, bool dependents, CancellationToken gone) =>
        context.Repository?.UnloadAsync(name, dependents, gone) ?? default;

    /// <summary>Changes trace settings; only looks for the model where nothing is to be changed.</summary>
    /// <param name="model">Whose; empty for those of all.</param>
    /// <param name="change">A JSON object of settings; null for none.</param>
    internal Finding? ChangeTrace(string model, byte[]? change)
    {
        if (model.Length > 0 && context.Table.Find(model, default) is null)
        {
            return InferErrors.ModelUnknown.At($"There is no model {model}.");
        }

        return change is null ? null : context.Tracer.Board.Change(model, change);
    }

    /// <summary>Trace settings of a model, or of all.</summary>
    internal TraceSetting ReadTrace(string model) => context.Tracer.Board.Of(model).Setting;

    /// <summary>Changes settings of the log.</summary>
    /// <param name="change">A JSON object of settings; null for none.</param>
    internal Finding? ChangeLog(byte[]? change)
    {
        if (change is null)
        {
            return null;
        }

        Finding? fault = context.LogFile.Setting.Change(change, out LogSetting changed);
        if (fault is null)
        {
            context.LogFile.Setting = changed;
        }

        return fault;
    }

    /// <summary>Settings of the log.</summary>
    internal LogSetting ReadLog() => context.LogFile.Setting;

    /// <summary>The region of a name, or all of them where it is empty.</summary>
    internal Finding? FindRegions(string name, out ImmutableArray<SharedRegion> found)
    {
        ImmutableArray<SharedRegion> regions = context.Regions?.Regions ?? [];
        found = name.Length == 0 ? regions : regions.RemoveAll(region => region.Name != name);
        return name.Length > 0 && found.IsEmpty
            ? InferErrors.RegionUnknown.At($"There is no region '{name}'.")
            : null;
    }

    /// <summary>Why a name alone registers nothing.</summary>
    internal static Finding RefuseRegion() => InferErrors.RegionRefused.At(
        "A region is not named but handed over: connect to the Unix socket for shared memory.");

    /// <summary>
    /// Takes a region out, or all of them where the name is empty. As Triton does, taking out what is not there is no
    /// error.
    /// </summary>
    internal void Unregister(string name)
    {
        if (name.Length == 0)
        {
            context.Regions?.Clear();
        }
        else
        {
            _ = context.Regions?.Remove(name);
        }
    }
}
