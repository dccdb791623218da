package zktest

// Codes of KeeperException.Code that the server answers.
const (
	codeOK               int32 = 0
	codeInconsistency    int32 = -2
	codeMarshalling      int32 = -5
	codeUnimplemented    int32 = -6
	codeBadArguments     int32 = -8
	codeNoQuorum         int32 = -13
	codeNoNode           int32 = -101
	codeNoAuth           int32 = -102
	codeBadVersion       int32 = -103
	codeEphemeralParent  int32 = -108
	codeNodeExists       int32 = -110
	codeNotEmpty         int32 = -111
	codeSessionExpired   int32 = -112
	codeInvalidACL       int32 = -114
	codeAuthFailed       int32 = -115
	codeSessionMoved     int32 = -118
	codeNotReadOnly      int32 = -119
	codeNoWatcher        int32 = -121
	codeReconfigDisabled int32 = -123
	codeClosedNeedsSASL  int32 = -124
	codeQuotaExceeded    int32 = -125
	noZxid               int64 = -1 // in the header of what belongs to no transaction
	passwordSize               = 16
	nullLength           int32 = -1
)
