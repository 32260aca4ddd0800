using Kedge.Core.Borders;
using Kedge.Core.Errors;

namespace Kedge.Agent.State;

/// <summary>
/// Everything that a device must not forget, in one file (<see cref="SafeFile"/>). It is small and written whole, only
/// when a durable field changed. A reserve of space is kept beside it, so that it can still be written on a full disk.
/// </summary>
internal sealed class Ledger
{
    // A damaged newest copy may have named instances that the older one does not know: their numbers are never reused.
    private const long NumbersSkipped = 1000;
    private const string Folder = "state";
    private const string ReservePath = Folder + "/reserve";
    private readonly IDisk _disk;
    private readonly SafeFile _file;

    private Ledger(IDisk disk)
    {
        _disk = disk;
        _file = new SafeFile(disk, Folder, "ledger");
    }

    /// <summary>What the start found to be wrong; null when all was well.</summary>
    internal Finding? Finding { get; private set; }

    /// <summary>What was read, or what was saved last.</summary>
    internal LedgerRecord Record { get; private set; } = LedgerRecord.Empty;

    /// <summary>
    /// Opens the ledger of a device. Throws <see cref="DiskException"/> when the disk cannot be read at all.
    /// </summary>
    internal static Ledger Open(IDisk disk)
    {
        Ledger ledger = new(disk);
        ledger.Load();
        ledger.KeepReserve();
        return ledger;
    }

    /// <summary>
    /// Saves; on a full disk the reserve is given up first. Null when it is durable, else what is wrong.
    /// </summary>
    internal Finding? Save(LedgerRecord record)
    {
        byte[] content = LedgerFormat.Write(record);
        try
        {
            SaveWithReserve(content);
            Record = record;
            return null;
        }
        catch (DiskException e)
        {
            return LedgerErrors.NotSaved.At(e.Message);
        }
    }

    /// <summary>Makes the reserve again where there is room; a full disk is no failure here.</summary>
    internal void KeepReserve()
    {
        try
        {
            if (_disk.Length(ReservePath) == AgentLimits.ReserveBytes)
            {
                return;
            }

            _disk.CreateFolder(Folder);
            using IDiskFile file = _disk.Open(ReservePath, DiskOpening.Create);
            file.Write(new byte[AgentLimits.ReserveBytes]);
            file.Sync();
        }
        catch (DiskException)
        {
            GiveReserveUp();
        }
    }

    private void Load()
    {
        SafeFile.Loaded loaded = _file.Load();
        LedgerRecord? record = loaded.Content is null ? null : LedgerFormat.TryRead(loaded.Content);
        if (record is null)
        {
            bool wasThere = loaded.Content is not null || loaded.Damaged > 0;
            Finding = wasThere ? LedgerErrors.Lost.At($"{loaded.Damaged} copies cannot be read") : null;
            record = LedgerRecord.Empty;
        }
        else if (!loaded.IsNewest)
        {
            Finding = LedgerErrors.FellBack.At($"generation {record.Device.Generation} is what the older copy holds");
        }

        Record = Finding is null ? record : record with
        {
            Device = record.Device with { LastInstance = record.Device.LastInstance + NumbersSkipped },
        };
    }

    private void SaveWithReserve(byte[] content)
    {
        try
        {
            _file.Save(content);
        }
        catch (DiskException e) when (e.Fault == DiskFault.Full)
        {
            GiveReserveUp();
            _file.Save(content);
        }
    }

    private void GiveReserveUp()
    {
        try
        {
            _disk.Delete(ReservePath);
        }
        catch (DiskException)
        {
            // Without it there is only less room: saving says so where it matters.
        }
    }
}
